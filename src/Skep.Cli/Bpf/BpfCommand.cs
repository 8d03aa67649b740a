using System.CommandLine;

namespace Skep.Cli.Bpf;

/// <summary><c>skep bpf</c>: look at what the kernel holds, and load objects.</summary>
static class BpfCommand
{
    public static Command Create() => new("bpf", "Show programs, maps, links and types in the kernel; load object files.")
    {
        ProgramCommand.Create(),
        MapCommand.Create(),
        LinkCommand.Create(),
        BtfCommand.Create(),
        LoadCommand.Create(),
    };
}
