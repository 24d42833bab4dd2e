// Command fcsim says which version it is.
package main

import (
	"fmt"

	"slipway/internal/buildinfo"
)

func main() { fmt.Println(buildinfo.Line("fcsim")) }
