// Package buildinfo has what the linker stamps.
package buildinfo

var version, revision string

// Line is what a program says of itself.
func Line(name string) string { return name + " " + version + " " + revision }
