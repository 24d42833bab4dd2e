// Package dist puts a version of Slipway together for those who install it: programs for each platform with
// what belongs to them, an image, and what says how they were made and of what.
package dist
