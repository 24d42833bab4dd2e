// Command servicestagesim serves Huawei Cloud's ServiceStage on loopback.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"slipway/internal/simcmd"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := program().Run(ctx, simcmd.Process{Args: os.Args[1:], Getenv: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr})
	stop()
	os.Exit(code)
}
