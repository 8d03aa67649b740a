using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>The ring of one CPU: finds the next record, checks it, and remembers the position to give back to the kernel.</summary>
sealed class PerfRing : IDisposable
{
    readonly PerfRingView _view;
    readonly IDisposable[] _resources;
    readonly bool _timed;
    // Room for the longest record that a 16-bit length can describe, when it wraps.
    readonly byte[] _scratch = new byte[1 << 16];
    ulong _position, _end, _committed;

    public PerfRing(int cpu, PerfRingView view, bool timed, params IDisposable[] resources)
    {
        (Cpu, _view, _timed, _resources) = (cpu, view, timed, resources);
        _position = _committed = view.Tail;
    }

    public int Cpu { get; }

    /// <summary>Records that the kernel said it dropped.</summary>
    public long Lost { get; private set; }

    /// <summary>Losses not yet told to the handler.</summary>
    public ulong NewlyLost { get; set; }

    public long Corrupt { get; private set; }

    /// <summary>Fixes the end of the present reading.</summary>
    public void Begin()
    {
        _end = _view.Head;
        if (_end - _position > _view.Capacity) throw Skip($"{_end - _position} bytes wait in a ring of {_view.Capacity}");
    }

    /// <summary>The next sample up to the fixed end; counts lost records on the way. False at the end.</summary>
    /// <param name="time">Its time in nanoseconds; 0 when the ring has no times.</param>
    /// <param name="record">The program's bytes, valid until the next call or <see cref="Commit"/>.</param>
    /// <param name="size">What <see cref="Advance"/> takes.</param>
    public bool TryPeek(out ulong time, out ReadOnlySpan<byte> record, out ulong size)
    {
        while (_position != _end)
        {
            var header = _view.Header(_position);
            if (header.Size < PerfRecordHeader.Length || header.Size % 8 != 0 || header.Size > _end - _position)
            {
                throw Skip($"a record of {header.Size} bytes at {_position} where {_end - _position} are in use");
            }
            var body = _view.Bytes(_position + PerfRecordHeader.Length, header.Size - PerfRecordHeader.Length, _scratch);
            switch (header.Type)
            {
                case PerfRecordHeader.Sample:
                    size = header.Size;
                    record = Sample(body, out time);
                    return true;
                case PerfRecordHeader.Lost:
                    // struct { header; u64 id; u64 lost; … }
                    if (body.Length < 16) throw Skip($"a loss record of {header.Size} bytes");
                    var lost = BinaryPrimitives.ReadUInt64LittleEndian(body[8..]);
                    Lost += (long)lost;
                    NewlyLost += lost;
                    break;
            }
            _position += header.Size;
        }
        time = size = 0;
        record = default;
        return false;
    }

    /// <summary>Goes behind the sample that was peeked at.</summary>
    public void Advance(ulong size)
    {
        _position += size;
        // As for ring buffers: the tail lies in a cache line that the producer reads.
        if (_position - _committed >= Math.Min(_view.Capacity / 8, 16 * 1024)) Commit();
    }

    /// <summary>Gives what was read back to the kernel.</summary>
    public void Commit()
    {
        if (_committed != _position) _view.Tail = _committed = _position;
    }

    public void Dispose()
    {
        foreach (var resource in _resources) resource.Dispose();
    }

    /// <summary><c>{ u64 time; u32 size; char data[size]; }</c> with the time only when asked for.</summary>
    ReadOnlySpan<byte> Sample(ReadOnlySpan<byte> body, out ulong time)
    {
        time = 0;
        var offset = _timed ? 8 : 0;
        if (body.Length < offset + 4) throw Skip($"a sample of {body.Length} bytes");
        if (_timed) time = MemoryMarshal.Read<ulong>(body);
        var length = MemoryMarshal.Read<uint>(body[offset..]);
        if (length > body.Length - offset - 4) throw Skip($"a sample that claims {length} of {body.Length} bytes");
        return body.Slice(offset + 4, (int)length);
    }

    BpfFormatException Skip(string what)
    {
        Corrupt++;
        _position = _end;
        Commit();
        return new BpfFormatException($"perf ring of CPU {Cpu}: {what}; skipped up to {_end}");
    }
}
