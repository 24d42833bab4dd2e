// Package web serves the pages of the console: HTML that is rendered here, and read without JavaScript.
//
// The pages are a client of the JSON API, within the process: what they show is what it answers, and what they do is what it is
// asked for, in the name of who has signed in. So there is nothing that they can do and a program cannot, and one place that judges
// who may. See docs/adr/0039.
package web
