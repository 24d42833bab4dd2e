// Package access says who a request to the console is from: it reads the token or finds the session that a request brings, finds the
// person whose it is, and hands that on. What a person may do is for package authority to say.
//
// [Tokens] are those of a small team, by their digests in a file; [Sessions] are those of browsers, see package session. A [Door] lets
// requests through that bring one of both, with [Of] as who has sent it, and bounds how often each may ask.
package access
