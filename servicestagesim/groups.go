package servicestagesim

import "maps"

// handlers are the operations that this simulator serves, by the name of the operation. A group of operations is one
// line here.
func handlers() map[string]handler {
	all := map[string]handler{opToken: createToken}
	for _, group := range []map[string]handler{
		environmentHandlers(),
		iacHandlers(),
		applicationHandlers(),
		componentHandlers(),
		stackHandlers(),
		configHandlers(),
		addonHandlers(),
		version2Handlers(),
		gitHandlers(),
		engineHandlers(),
		registryHandlers(),
		itemHandlers(),
		buildHandlers(),
		{"GetJob": getJob},
	} {
		maps.Copy(all, group)
	}
	return all
}
