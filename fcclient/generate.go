package fcclient

//go:generate go run slipway/internal/clientgen -facts ../api/fc -out .
