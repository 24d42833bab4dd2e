// Command servicestagesim serves Huawei Cloud's ServiceStage on loopback.
package main

import (
	"context"
	"os"
)

func main() { os.Exit(program().Main(context.Background())) }
