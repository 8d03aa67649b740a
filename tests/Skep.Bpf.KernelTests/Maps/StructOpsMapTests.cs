using Shouldly;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

public class StructOpsMapTests
{
    [KernelFact(KernelFeature.StructOps)]
    public void State_follows_the_registration()
    {
        var spec = ObjectSpec.FromFile(Path.Combine(AppContext.BaseDirectory, "fixtures", "states.bpf.o"));
        using var loaded = BpfObject.Load(spec);
        using var map = new StructOpsMap(loaded.Maps["states"]);
        map.State.ShouldBe(StructOpsState.Initial);
        using (loaded.AttachStructOps("states"))
        {
            map.State.ShouldBe(StructOpsState.InUse);
            map.Users.ShouldBeGreaterThan(0);
        }
        map.State.ShouldNotBe(StructOpsState.InUse);
    }
}
