// Package access says who a request to the console is from: it reads the token that a request brings, finds the person whose
// it is, and hands that on. What a person may do is for package authority to say.
//
// [Tokens] are those of a small team, by their digests in a file. A [Door] lets requests through that bring one, with [Of] as who
// has sent it, and bounds how often each may ask.
package access
