package saetest

//go:generate go run ./internal/facts -facts ../../api/sae/operations.json -newer ../../api/sae/newer.json -out facts.json
