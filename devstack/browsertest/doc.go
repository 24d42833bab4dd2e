// Package browsertest drives the pages of the console in a real browser, as a person would, on a whole stack. The pictures in
// docs/images are made by it: UPDATE_GOLDEN=1 go test ./browsertest.
package browsertest
