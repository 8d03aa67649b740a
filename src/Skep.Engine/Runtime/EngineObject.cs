namespace Skep.Engine.Runtime;

/// <summary>A program, map or link of an engine in the kernel.</summary>
/// <param name="Kind">Which of them, as the kernel's fdinfo names ids: prog, map or link.</param>
/// <param name="Id">Its id.</param>
/// <param name="Name">What the kernel calls it; of a link, what its program is called.</param>
public sealed record EngineObject(string Kind, uint Id, string Name)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind switch { "prog" => "program", _ => Kind }} {Id} ({Name})";
}
