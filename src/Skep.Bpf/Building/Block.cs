namespace Skep.Bpf.Building;

/// <summary>A piece of structured code that ends where this is disposed: <c>using (code.If(x == 0)) { … }</c> or <c>using var skip = code.JumpIf(x == 0);</c>.</summary>
public readonly ref struct Block
{
    readonly CodeBuilder _code;
    readonly int _depth;

    internal Block(CodeBuilder code, int depth) => (_code, _depth) = (code, depth);

    /// <summary>Ends the block.</summary>
    public void Dispose() => _code?.Close(_depth);
}
