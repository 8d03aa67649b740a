namespace Skep.Bpf.Interop;

/// <summary><c>BPF_BTF_LOAD</c> without a log.</summary>
static unsafe class BtfCommands
{
    /// <summary>Returns the new descriptor or the negated errno.</summary>
    public static int Load(ReadOnlySpan<byte> blob)
    {
        fixed (byte* pointer = blob)
        {
            var attr = new BtfLoadAttr { Btf = BpfSyscall.Pointer(pointer), BtfSize = (uint)blob.Length };
            return BpfSyscall.Invoke(BpfCommand.BtfLoad, ref attr);
        }
    }
}
