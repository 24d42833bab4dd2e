// Package console serves people and programs over HTTP: it bounds and logs their requests, lets in who has signed in, see package
// access, and hands what they ask to the JSON API.
package console
