// Package access says who a request to the console is from: it reads the token that a request brings, finds the person whose
// it is, and hands that on. What a person may do is for package authority to say.
package access
