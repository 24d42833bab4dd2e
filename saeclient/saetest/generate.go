package saetest

//go:generate go run ./internal/facts -facts ../../api/sae/operations.json -out facts.json
