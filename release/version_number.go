package release

import (
	"crypto/sha256"
	"encoding/base32"
	"math/big"
	"strconv"
	"strings"
)

// A version number holds the 80 bits of a release ID, see [derive].
const (
	versionNumbers = 4
	bitsOfNumber   = 20
	bytesOfID      = versionNumbers * bitsOfNumber / 8
)

// VersionNumber returns the version that a release gives an application whose platform lets its caller choose
// one: four numbers of 20 bits with dots between them, at most 31 characters, such as
// "733007.1048575.12.90431". They are the 80 bits of an ID of the form of [ID] or [SetReleaseID]; of an ID of
// another form they are derived. It depends on the ID alone, so that the version is found again whatever answer
// was lost.
func VersionNumber(releaseID string) string {
	bits, err := base32.StdEncoding.DecodeString(strings.ToUpper(derivedOf(releaseID)))
	if err != nil || !matches(releaseIDPattern, releaseID) {
		sum := sha256.Sum256([]byte("version of " + releaseID))
		bits = sum[:bytesOfID]
	}
	n := new(big.Int).SetBytes(bits)
	mask := big.NewInt(1<<bitsOfNumber - 1)
	numbers := make([]string, versionNumbers)
	for i := versionNumbers - 1; i >= 0; i-- {
		numbers[i] = new(big.Int).And(n, mask).String()
		n.Rsh(n, bitsOfNumber)
	}
	return strings.Join(numbers, ".")
}

// derivedOf is the part of a release ID that was derived.
func derivedOf(releaseID string) string {
	return strings.TrimPrefix(strings.TrimPrefix(releaseID, releasePrefix), setPrefix)
}

// ReleasesOfVersion returns the IDs of the releases that have a [VersionNumber] when their IDs have the form of
// [ID] or of [SetReleaseID]: of both forms one each, because the version does not tell which. It returns none
// where the version is none that this makes.
func ReleasesOfVersion(version string) []string {
	numbers := strings.Split(version, ".")
	if len(numbers) != versionNumbers {
		return nil
	}
	n := new(big.Int)
	for _, text := range numbers {
		number, err := strconv.ParseUint(text, 10, bitsOfNumber)
		if err != nil || strconv.FormatUint(number, 10) != text {
			return nil
		}
		n.Lsh(n, bitsOfNumber)
		n.Or(n, new(big.Int).SetUint64(number))
	}
	id := strings.ToLower(base32.StdEncoding.EncodeToString(n.FillBytes(make([]byte, bytesOfID))))
	return []string{releasePrefix + id, setReleasePrefix + id}
}
