// Package compat keeps what others rely on, one text for each surface, one thing a line: `make compat` adds what is new.
// What each means, and how something goes, is docs/compatibility.md.
package compat
