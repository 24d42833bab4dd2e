// Package setuptest tests package setup on the real servers.
package setuptest
