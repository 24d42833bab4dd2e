// Command fcsim serves Alibaba Cloud's Function Compute 2.0 on loopback.
package main

import (
	"context"
	"os"
)

func main() { os.Exit(program().Main(context.Background())) }
