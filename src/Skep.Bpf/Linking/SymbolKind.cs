namespace Skep.Bpf;

/// <summary>What a linked symbol names.</summary>
enum SymbolKind
{
    Function,
    Variable,
    Map,
}
