// Package link makes and opens the links by which a message leads a person to the second look at an act. A link acts on nothing: it is
// of one batch, ends at a time, and who follows it signs in as anybody does.
package link
