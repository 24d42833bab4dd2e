// Package releases sees and speaks to releases through Temporal: it lists them from
// visibility, looks at one, follows one to its end and hands a person's word to it. It
// does the same for the lanes in which releases wait, and for the scaling rules that
// releases switch off.
//
// A release is durable without anybody at work on it, and so is what can be said of it
// here: when no worker answers, what Temporal itself knows is shown, and that is said.
package releases
