// Package termtest drives programs in a terminal for tests: it runs a program in a pseudo
// terminal of a given size ([Start]), keeps the screen that a person would see ([Screen]), waits
// until the screen shows something, sends keys, resizes the window, and draws a screen as an SVG
// picture for documents ([Screen.SVG]).
package termtest
