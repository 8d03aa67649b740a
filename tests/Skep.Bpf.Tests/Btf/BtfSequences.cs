namespace Skep.Bpf.Tests;

static class BtfSequences
{
    public static int Count(this BtfTypeSequence types)
    {
        var count = 0;
        foreach (var _ in types) count++;
        return count;
    }
}
