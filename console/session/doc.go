// Package session keeps who has signed in with a browser. A session is random and secret, and the browser has it as a cookie. The
// bucket has its SHA-256 as the key, so that who reads the bucket can use none, and whose it is as the value; so sessions outlive a
// console, and every console that reads the same bucket knows them.
//
// A [Manager] begins sessions, finds them by the cookie of a request, and ends them.
package session
