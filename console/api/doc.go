// Package api is the JSON interface over HTTP: it shows and commands releases, sets, lanes, applications and freezes to who has
// signed in, by the same rooms that the command line stands on.
package api
