package saeclient

//go:generate go run ./internal/gen -facts ../api/sae -out .
