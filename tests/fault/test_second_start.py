"""A second server on the same store says so and ends; the first one does not notice."""

from pathlib import Path

from peers.sandbox_process import running_sandbox
from peers.server import ServerProcess, linked_server


async def test_second_server_on_one_store(tmp_path: Path) -> None:
    async with running_sandbox(tmp_path) as network:
        ann, owner = await network.add_person("Ann"), await network.add_phone()
        async with linked_server(tmp_path / "store", network, owner) as first:
            second = ServerProcess(tmp_path / "store", network)
            await second.launch()
            assert await second.wait_end() == 1
            assert second.log.read_text().splitlines()[-1] == (
                "wigwag: Another wigwag already runs on this store; stop it first, "
                "or choose another --store."
            )
            assert (await first.send(ann.jid, "still here")).status == 200
            await network.wait_text(ann, "still here")
            await first.kill()
            await second.start()
            await second.ready()
            await second.kill()
