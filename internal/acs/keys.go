package acs

// The key pair that simulators accept when they are given none: one for all of them, as an account has one for all
// products, so that one worker can call several. It works nowhere else, and is no secret.
const (
	TestKeyID     = "test-access-key-id"
	TestKeySecret = "test-access-key-secret"
)
