// Package authority says who may do what: the document that an operator writes and a stranger can
// read, the judgment of one action by it, and the bucket that keeps it.
//
// A [Document] binds identities and groups to roles, for the applications of a scope. A role allows
// actions ([Role.Actions]); what weighs more in a request than asking for a release, such as to pass
// over a freeze, is a [Power], which is granted apart. A binding only ever allows: what no binding
// allows is refused. [Document.Judge] is pure; [Store] keeps the document, and its history, in a
// bucket of JetStream.
//
// An identity is verified where NATS or a signature has proven it, and claimed otherwise. Who
// proves it is for others to say; the document says where a claim is not enough.
package authority
