package wire_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
)

var update = flag.Bool("update", false, "write the conversations of the vectors anew")

func TestVectorsOfConversations(t *testing.T) {
	talks := []*talk{resumption(t), tombstone(t), goAway(t), flowControl(t), restart(t), violation(t)}
	v := readVectors(t)
	v.Conversations = nil
	for _, c := range talks {
		v.Conversations = append(v.Conversations, c.conversation)
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	require.NoError(t, enc.Encode(v))
	if *update {
		require.NoError(t, os.WriteFile(vectorFile, text.Bytes(), 0o644))
	}
	want, err := os.ReadFile(vectorFile)
	require.NoError(t, err)
	require.Equal(t, string(want), text.String(), "run go test ./internal/wire -update and look at the difference")
}

func resumption(t *testing.T) *talk {
	c := newTalk(t, "resumption", "A cut within a frame each way, a WELCOME that is lost, a resumption that replays, and an end in good order.", 65536, clientEnd, serverEnd)
	c.begin()
	c.send(clientEnd, "", "one")
	c.flow(clientEnd, "5 + 3 bytes: the server has received 8")
	c.send(clientEnd, "", "two")
	c.flow(clientEnd, "")
	c.flush(clientEnd, "the client wants to know when all of it is consumed")
	c.flow(clientEnd, "")
	c.flow(serverEnd, "ACKREQ is answered at once: received, but not consumed")
	c.consume(serverEnd, "")
	c.flow(serverEnd, "and again when what was asked for is consumed: the client forgets both messages")
	c.send(serverEnd, "", "eins")
	c.flow(serverEnd, "")
	c.consume(clientEnd, "nobody has asked: the client says nothing of it yet")
	c.send(clientEnd, "", "three")
	c.flow(clientEnd, "")
	c.flush(clientEnd, "")
	c.flow(clientEnd, "")
	c.flow(serverEnd, "sent is 9: the client has counted the same")
	c.send(clientEnd, "", "four")
	c.part(clientEnd, 7, "the link breaks within this frame: the server counts nothing of it")
	c.send(serverEnd, "", "zwei")
	c.part(serverEnd, 6, "and within this one")
	c.cut("")
	c.connect("")
	c.sayHello("attempt 2, with the token; the client has received 9 and consumed 9")
	c.lostWelcome(20, "the answer is lost on its way; the server has put the session on this link and issued another token")
	c.cut("")
	c.consume(serverEnd, "the application goes on while there is no link")
	c.connect("")
	c.sayHello("attempt 3, with the same token: the client knows no other")
	c.welcome("the server had kept that token; the client sends on from 26, and its flush is done, because consumed is 26")
	c.flow(serverEnd, "replayed from position 9")
	c.flow(clientEnd, "replayed from position 26")
	c.consume(serverEnd, "")
	c.consume(clientEnd, "")
	c.close(clientEnd, 0, "")
	c.flow(clientEnd, "nothing comes after 35, and nothing past 18 is consumed")
	c.close(serverEnd, 0, "the server has consumed all up to 35 and answers")
	c.flow(serverEnd, "consumed says that everything has arrived")
	c.ended(clientEnd)
	c.ended(serverEnd)
	return c
}

func tombstone(t *testing.T) *talk {
	c := newTalk(t, "tombstone", "The answer to CLOSE is lost. The client comes back and is told the CLOSE in place of a WELCOME.", 65536, clientEnd, serverEnd)
	c.begin()
	c.send(clientEnd, "", "last")
	c.flow(clientEnd, "")
	c.close(clientEnd, 0, "")
	c.flow(clientEnd, "")
	c.consume(serverEnd, "")
	c.close(serverEnd, 0, "")
	c.part(serverEnd, 10, "the answer breaks off")
	c.ended(serverEnd)
	c.cut("")
	c.connect("")
	c.sayHello("the client does not know that its messages have arrived, and resumes")
	c.welcome("CLOSE in place of WELCOME: the session is over, and consumed tells what became of the messages; the server closes the link")
	return c
}

func goAway(t *testing.T) *talk {
	c := newTalk(t, "goaway", "The server shuts down. The client ends its direction and listens on; the server ends in its own time.", 65536, clientEnd, serverEnd)
	c.begin()
	c.send(clientEnd, "", "ask")
	c.flow(clientEnd, "")
	c.end(serverEnd).AskToLeave(wire.GoAway{Min: 500e6, Max: 5e9})
	c.note(step{Do: "leave", End: serverEnd, Comment: "the server is told to shut down"})
	c.flow(serverEnd, "come back with a new session in 0.5 to 5 s")
	c.flow(clientEnd, "consumed is 2^64-1: the client sends no more and still consumes")
	c.consume(serverEnd, "")
	c.send(serverEnd, "the server has learnt that nothing more comes, and says its last", "answer")
	c.flow(serverEnd, "")
	c.close(serverEnd, 3, "")
	c.flow(serverEnd, "")
	c.consume(clientEnd, "")
	c.close(clientEnd, 0, "all up to final is consumed")
	c.flow(clientEnd, "the same final as before, and consumed")
	c.ended(clientEnd)
	c.ended(serverEnd)
	return c
}

func flowControl(t *testing.T) *talk {
	c := newTalk(t, "window", "A message that is longer than the window of 32 bytes, and one that has to wait for it.", 32, clientEnd, serverEnd)
	c.begin()
	c.send(clientEnd, "both at once", "a message of forty bytes, here they are.", "x")
	c.flow(clientEnd, "45 bytes into an empty window")
	c.flow(clientEnd, "the next message has to wait: the client asks for an acknowledgement")
	c.flow(serverEnd, "received alone makes no room")
	c.silent(clientEnd, serverEnd)
	c.consume(serverEnd, "")
	c.flow(serverEnd, "consumed does")
	c.flow(clientEnd, "")
	return c
}

func restart(t *testing.T) *talk {
	c := newTalk(t, "restart", "The server is restarted. The client learns from the epoch that its session is lost.", 65536, clientEnd, serverEnd)
	c.begin()
	c.cut("")
	c.restart()
	c.connect("")
	c.sayHello("with the old epoch")
	c.welcome("REFUSE code 4 with the new epoch; the server closes the link")
	return c
}

func violation(t *testing.T) *talk {
	c := newTalk(t, "violation", "The client's ACK carries another count than the server's. The session is over.", 65536, serverEnd)
	c.begin()
	c.violate(wire.Ack{Sent: 5}.Append(nil), "sent 5, of which the server has seen nothing")
	c.flow(serverEnd, "CLOSE code 2; the reason is text for people and differs from one implementation to another")
	return c
}
