// Package apps keeps application documents: what an application is called, its environments in
// the order of promotion, where each of them is, and what a release of it need not repeat.
//
// [Parse] reads a document, and refuses everything that is wrong with it at once. [Application.Resolve]
// makes a whole [release.Spec] of what somebody asks for by name: what the request says wins over
// the document, except where the document locks it. [Store] keeps the documents in a JetStream bucket,
// one value for each application, with who changed it and why in its history.
package apps
