package cse

import "slipway/internal/loosejson"

// Items are the items that the answer has, by dimension and key. Revision is not one of them.
func (out *GetConfigurationItemsOutput) Items() (map[string]map[string]string, error) {
	items := make(map[string]map[string]string)
	for dimension, text := range out.Unknown {
		var of map[string]string
		if err := loosejson.Decode(text, &of); err != nil {
			return nil, err
		}
		items[dimension] = of
	}
	return items, nil
}
