// Package console serves people and programs over HTTP: it bounds and logs their requests, lets in who has signed in, see packages
// access and session, and hands what they ask to the JSON API and the pages.
package console
