package servicestageclient

//go:generate go run slipway/internal/clientgen -facts ../api/servicestage -out .
