package saeclient

//go:generate go run slipway/internal/clientgen -facts ../api/sae -out .
