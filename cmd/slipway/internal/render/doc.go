// Package render turns releases into what people and programs read: a live tree in the
// manner of Argo Rollouts, one line a change for logs, tables, JSON and YAML. It writes
// strings and knows nothing of terminals but a width and whether colors are wanted.
//
// Text that comes from elsewhere (notes, reasons, names) is cleaned of control
// characters, so that nobody can move the cursor of the person who reads it.
package render
