// Package appstest tests application documents on NATS: the bucket, and the commands that change it.
package appstest
