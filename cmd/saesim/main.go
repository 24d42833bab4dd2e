// Command saesim serves Alibaba Cloud's Serverless App Engine on loopback.
package main

import (
	"context"
	"os"
)

func main() { os.Exit(program().Main(context.Background())) }
