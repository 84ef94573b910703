package claims

import (
	"crypto/rand"
	"errors"

	"github.com/longsplice/longsplice/examples/chat/internal/names"
	"github.com/longsplice/longsplice/examples/chat/internal/token"
)

// ErrUnavailable says that claims cannot be read at present.
var ErrUnavailable = errors.New("the server cannot look up names at present")

// Admit says whose a name is, if it is one's who has shown this token, or none:
// of the owner, if it has one, else of a new one. Its errors are for the user.
func (s *Claims) Admit(key token.Key, name, shown string) (Claim, error) {
	folded, err := names.Fold(name)
	if err != nil {
		return Claim{}, err
	}
	claim, err := s.Get(folded)
	if err != nil {
		return claim, errors.Join(ErrUnavailable, err)
	}
	if !claim.Held() {
		claim = Claim{Name: name, Owner: rand.Text()}
	}
	if shown == "" {
		if claim.Held() {
			return claim, errors.New("the name is taken, and its token was not shown")
		}
		return claim, nil
	}
	owner, err := key.Verify(shown, folded)
	switch {
	case err != nil:
		return claim, err
	case owner == "": // made by the operator: it wins
	case claim.Held() && owner != claim.Owner:
		return claim, errors.New("the name is taken, and this is not its token")
	default:
		claim.Owner = owner
	}
	return claim, nil
}
