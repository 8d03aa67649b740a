namespace Skep.Bpf;

/// <summary>What a symbol names (<c>STT_*</c>).</summary>
enum ElfSymbolType : byte
{
    None = 0,
    Object = 1,
    Function = 2,
    Section = 3,
    File = 4,
}
