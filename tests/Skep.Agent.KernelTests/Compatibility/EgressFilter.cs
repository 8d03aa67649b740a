using Skep.Bpf;
using Skep.Bpf.Instructions;

namespace Skep.Agent.KernelTests.Compatibility;

/// <summary>Lets every packet of the machine pass; the kernel runs the filters of control groups only where there are any.</summary>
sealed class EgressFilter : IDisposable
{
    readonly BpfProgram _program;
    readonly CgroupLink _link;

    public EgressFilter()
    {
        var code = new Assembler("pass");
        code.Move(Register.R0, 1).Exit();
        _program = BpfProgram.Load(new ProgramImage { Name = "pass", Type = ProgramType.CgroupSkb, AttachType = AttachType.CgroupInetEgress, Instructions = code.Build().Instructions });
        _link = CgroupLink.Attach(_program, MountPoint.All().First(m => m.FileSystem == "cgroup2").Path, new CgroupOptions { AttachType = AttachType.CgroupInetEgress });
    }

    public void Dispose()
    {
        _link.Dispose();
        _program.Dispose();
    }
}
