package manifest_test

import (
	"fmt"
	"strings"

	"slipway/manifest"
)

// A pipeline releases the image that it has just built with the file that the team keeps.
func ExampleRead() {
	file := strings.NewReader(`
apiVersion: slipway.dev/v1
kind: Release
spec:
  app: {platform: sae, region: cn-hangzhou, id: shop}
  artifact: {image: registry.example/shop:1.4.2}
  strategy: {type: batch, batches: 3}
`)
	spec, err := manifest.Read(file, manifest.Overrides{Image: "registry.example/shop:1.4.3", AskedBy: "ci"})
	fmt.Println(spec.Artifact.Image, "in", spec.Strategy.Batches, "batches, asked for by", spec.RequestedBy, err)
	// Output: registry.example/shop:1.4.3 in 3 batches, asked for by ci <nil>
}

// All that is wrong with a file is returned at once, with its lines.
func ExampleRead_problems() {
	_, err := manifest.Read(strings.NewReader(`
apiVersion: slipway.dev/v1
kind: Release
spec:
  app: {platform: sae, region: cn-hangzhou, id: shop}
  artifact: {image: registry.example/shop:1.4.2}
  strategy: {type: grey}
  note: 1.4
`), manifest.Overrides{})
	fmt.Println(err)
	// Output:
	// note: must be a string, not 1.4; write it in quotes: "1.4" (line 8)
	// strategy.type: "grey" is unknown; use all, batch or gray (line 7)
}

func ExampleReadSet() {
	set, err := manifest.ReadSet(strings.NewReader(`
apiVersion: slipway.dev/v1
kind: ReleaseSet
spec:
  name: checkout
  waves:
    - releases:
        - name: shop
          spec: {app: {platform: sae, region: cn-hangzhou, id: shop}, artifact: {image: shop:1.4.2}}
    - releases:
        - name: web
          spec: {app: {platform: sae, region: cn-hangzhou, id: web}, artifact: {image: web:2.0.0}}
`), manifest.Overrides{AskedBy: "ci"})
	fmt.Println(set.Set.Name, "in", len(set.Set.Waves), "waves,", set.Set.Waves[0].Releases[0].Name, "first", err)
	// Output: checkout in 2 waves, shop first <nil>
}
