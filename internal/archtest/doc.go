// Package archtest holds tests about the tree instead of about code: which
// package may import which, that every package says what it is for, and that
// the documents name targets and files that exist. Each failure says why the
// rule is there; a rule that has become wrong is changed here, in the open.
package archtest
