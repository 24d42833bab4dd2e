// Package composetest holds docker-compose.yml and Dockerfile to what they
// promise, without a container: the file loads as compose loads it, services
// wait for what they need, nothing secret stands in it, nothing is published
// beyond loopback, and the settings that are mounted are understood by the real
// engines.
package composetest
