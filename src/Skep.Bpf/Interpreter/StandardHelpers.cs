using System.Runtime.InteropServices;
using System.Text;
using Skep.Bpf.Instructions;
using Skep.Bpf.Interop;

namespace Skep.Bpf.Interpreter;

/// <summary>Bodies of the helpers that do not depend on a real kernel.</summary>
static class StandardHelpers
{
    const ulong MaxLoops = 1 << 23;
    const int CommandLength = 16;
    const ulong CurrentCpu = 0xffffffff;

    public static void Register(Dictionary<HelperFunction, HelperBody> helpers, MachineOptions options)
    {
        var random = new Random(options.Seed);
        RegisterMaps(helpers);
        RegisterBuffers(helpers);
        RegisterReads(helpers);

        helpers[HelperFunction.GetPrandomU32] = (in c) => (uint)random.NextInt64(1L << 32);
        helpers[HelperFunction.GetSmpProcessorId] = (in c) => (uint)c.Machine.Cpu;
        helpers[HelperFunction.GetNumaNodeId] = (in c) => 0;
        helpers[HelperFunction.GetCurrentPidTgid] = (in c) => c.Machine.PidTgid;
        helpers[HelperFunction.GetCurrentUidGid] = (in c) => c.Machine.UidGid;
        foreach (var clock in new[] { HelperFunction.KtimeGetNs, HelperFunction.KtimeGetBootNs, HelperFunction.KtimeGetCoarseNs, HelperFunction.KtimeGetTaiNs })
        {
            helpers[clock] = (in c) => c.Machine.Time;
        }
        helpers[HelperFunction.GetCurrentComm] = (in c) =>
        {
            var buffer = c.Write(1, c.Size(2));
            buffer.Clear();
            var name = Encoding.UTF8.GetBytes(c.Machine.Command);
            name.AsSpan(0, Math.Min(name.Length, Math.Min(buffer.Length, CommandLength) - 1)).CopyTo(buffer);
            return 0;
        };
        helpers[HelperFunction.TracePrintk] = (in c) =>
        {
            var text = PrintkFormat.Format(c, c.Text(1, c.Size(2)));
            c.Machine.TraceOutput.Add(text);
            return (ulong)text.Length;
        };
        helpers[HelperFunction.Loop] = (in c) =>
        {
            if (c[4] != 0) return Error(Errno.EINVAL);
            if (c[1] > MaxLoops) return Error(Errno.E2BIG);
            for (var i = 0UL; i < c[1]; i++)
            {
                if (c.Invoke(2, i, c[3]) != 0) return i + 1;
            }
            return c[1];
        };
        helpers[HelperFunction.Strncmp] = (in c) =>
        {
            for (var i = 0; i < c.Size(2); i++)
            {
                var (left, right) = (c.Machine.Access(c[1] + (ulong)i, 1, false)[0], c.Machine.Access(c[3] + (ulong)i, 1, false)[0]);
                if (left != right) return (ulong)(left - right);
                if (left == 0) break;
            }
            return 0;
        };
        helpers[HelperFunction.SpinLock] = helpers[HelperFunction.SpinUnlock] = (in c) => 0;
    }

    static void RegisterMaps(Dictionary<HelperFunction, HelperBody> helpers)
    {
        helpers[HelperFunction.MapLookupElem] = (in c) => c.Map(1).Lookup(c.Read(2, (int)c.Map(1).Spec.KeySize));
        helpers[HelperFunction.MapLookupPercpuElem] = (in c) =>
            c[3] < (ulong)c.Machine.Options.Cpus ? c.Map(1).Lookup(c.Read(2, (int)c.Map(1).Spec.KeySize), (int)c[3]) : 0;
        helpers[HelperFunction.MapUpdateElem] = (in c) =>
            Result(c.Map(1).Update(c.Read(2, (int)c.Map(1).Spec.KeySize), c.Read(3, (int)c.Map(1).Spec.ValueSize), c[4]));
        helpers[HelperFunction.MapDeleteElem] = (in c) => Result(c.Map(1).Delete(c.Read(2, (int)c.Map(1).Spec.KeySize)));
        helpers[HelperFunction.MapPushElem] = (in c) => Result(c.Map(1).Push(c.Read(2, (int)c.Map(1).Spec.ValueSize), c[3]));
        helpers[HelperFunction.MapPopElem] = (in c) => Result(c.Map(1).Pop(c.Write(2, (int)c.Map(1).Spec.ValueSize), remove: true));
        helpers[HelperFunction.MapPeekElem] = (in c) => Result(c.Map(1).Pop(c.Write(2, (int)c.Map(1).Spec.ValueSize), remove: false));
        helpers[HelperFunction.ForEachMapElem] = (in c) =>
        {
            if (c[4] != 0) return Error(Errno.EINVAL);
            var map = c.Map(1);
            var count = 0UL;
            foreach (var key in map.Keys)
            {
                if (map.Lookup(key) is not (not 0 and var value)) continue;
                count++;
                var region = c.Machine.Memory.Map($"key of map '{map.Name}'", key, writable: false);
                var stop = c.Invoke(2, map.Address, region.Address, value, c[3]) != 0;
                c.Machine.Memory.Unmap(region);
                if (stop) break;
            }
            return count;
        };
    }

    static void RegisterBuffers(Dictionary<HelperFunction, HelperBody> helpers)
    {
        helpers[HelperFunction.RingbufReserve] = (in c) => c.Map<VirtualRingBuffer>(1).Reserve(c[2]);
        helpers[HelperFunction.RingbufSubmit] = (in c) => Commit(c, discard: false);
        helpers[HelperFunction.RingbufDiscard] = (in c) => Commit(c, discard: true);
        helpers[HelperFunction.RingbufOutput] = (in c) =>
        {
            var ring = c.Map<VirtualRingBuffer>(1);
            var data = c.Read(2, c.Size(3));
            var address = ring.Reserve((ulong)data.Length);
            if (address == 0) return Error(Errno.EAGAIN);
            data.CopyTo(c.Machine.Access(address, data.Length, write: true));
            ring.Commit(address, discard: false);
            return 0;
        };
        helpers[HelperFunction.RingbufQuery] = (in c) => c[2] switch
        {
            0 => (ulong)c.Map<VirtualRingBuffer>(1).UsedBytes,
            1 => c.Map<VirtualRingBuffer>(1).Spec.MaxEntries,
            _ => 0,
        };
        helpers[HelperFunction.PerfEventOutput] = (in c) =>
        {
            var array = c.Map<VirtualPerfEventArray>(2);
            var cpu = c[3] & CurrentCpu;
            var data = c.Read(4, c.Size(5));
            if (cpu == CurrentCpu) cpu = (ulong)c.Machine.Cpu;
            if (cpu >= (ulong)c.Machine.Options.Cpus) return Error(Errno.E2BIG);
            array.Samples.Add(((int)cpu, data.ToArray()));
            return 0;
        };
        helpers[HelperFunction.SkbLoadBytes] = (in c) =>
        {
            var to = c.Write(3, c.Size(4));
            if (c.Machine.Packet is not { } packet || c[2] > int.MaxValue || (int)c[2] + to.Length > packet.Bytes.Length)
            {
                to.Clear();
                return Error(Errno.EFAULT);
            }
            packet.Bytes.Slice((int)c[2], to.Length).CopyTo(to);
            return 0;
        };
    }

    static void RegisterReads(Dictionary<HelperFunction, HelperBody> helpers)
    {
        foreach (var read in new[] { HelperFunction.ProbeRead, HelperFunction.ProbeReadKernel, HelperFunction.ProbeReadUser })
        {
            helpers[read] = (in c) =>
            {
                var to = c.Write(1, c.Size(2));
                if (c.Machine.Memory.TryAccess(c[3], to.Length, write: false, out var from))
                {
                    from.CopyTo(to);
                    return 0;
                }
                to.Clear();
                return Error(Errno.EFAULT);
            };
        }
        foreach (var read in new[] { HelperFunction.ProbeReadStr, HelperFunction.ProbeReadKernelStr, HelperFunction.ProbeReadUserStr })
        {
            helpers[read] = (in c) =>
            {
                var to = c.Write(1, c.Size(2));
                for (var i = 0; i < to.Length; i++)
                {
                    if (!c.Machine.Memory.TryAccess(c[3] + (ulong)i, 1, write: false, out var from))
                    {
                        to.Clear();
                        return Error(Errno.EFAULT);
                    }
                    to[i] = i == to.Length - 1 ? (byte)0 : from[0];
                    if (to[i] == 0) return (ulong)(i + 1);
                }
                return 0;
            };
        }
    }

    static ulong Commit(in HelperCall c, bool discard)
    {
        foreach (var map in c.Machine.Maps.Values)
        {
            if (map is VirtualRingBuffer ring && ring.Commit(c[1], discard)) return 0;
        }
        throw c.Machine.Fault(FaultKind.InvalidArgument, $"0x{c[1]:x} is no reserved record");
    }

    static ulong Result(int value) => (ulong)value;

    static ulong Error(int errno) => (ulong)-errno;
}
