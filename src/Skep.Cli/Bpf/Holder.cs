namespace Skep.Cli.Bpf;

/// <summary>A process that holds a descriptor of an object.</summary>
/// <param name="Pid">Its id.</param>
/// <param name="Comm">Its name.</param>
sealed record Holder(int Pid, string Comm)
{
    public override string ToString() => $"{Comm}({Pid})";
}
