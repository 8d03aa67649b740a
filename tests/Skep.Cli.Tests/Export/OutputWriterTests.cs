using System.Text;
using Shouldly;
using Skep.Agent.Events;
using Xunit;

namespace Skep.Cli.Tests.Export;

/// <summary>Standard output, of readers that behave and of others.</summary>
public class OutputWriterTests
{
    const int Capacity = 1 << 14;

    [Fact]
    public void Everything_is_written_in_order_before_the_end()
    {
        var output = new BlockedStream();
        output.Open();
        using (var writer = Writer(output))
        {
            for (var i = 0; i < 50_000; i++)
            {
                writer.Add(Line(i));
                if (i % 100 != 0) continue;
                writer.Drain();
            }
            writer.Add(Encoding.UTF8.GetBytes(new string('x', 10_000) + "\n"));
            writer.Drain();
            writer.Lost.ShouldBe(0);
        }
        var lines = output.Text.Split('\n');
        lines[..50_000].ShouldBe(Enumerable.Range(0, 50_000).Select(i => $"{i}"));
        lines[50_000].Length.ShouldBe(10_000);
    }

    [Fact]
    public void Reader_that_stops_loses_what_has_no_room_and_is_told_where_and_nobody_waits()
    {
        const int Events = 10_000;
        var output = new BlockedStream();
        using (var writer = Writer(output))
        {
            // No call waits for the reader: it never takes anything meanwhile.
            for (var i = 0; i < Events; i++) writer.Add(Line(i));
            writer.OnBatch();
            writer.Lost.ShouldBeInRange(1, Events - 1);
            var lost = writer.Lost;
            output.Open();
            writer.Drain();
            for (var i = Events; i < Events + 3; i++) writer.Add(Line(i));
            writer.Drain();
            writer.Lost.ShouldBe(lost);
            var lines = output.Text.TrimEnd('\n').Split('\n');
            var told = lines.Where(line => line.StartsWith("lost ", StringComparison.Ordinal)).Sum(line => long.Parse(line[5..]));
            told.ShouldBe(lost);
            lines.Count(line => !line.StartsWith("lost ", StringComparison.Ordinal)).ShouldBe(Events + 3 - (int)lost);
            lines[^1].ShouldBe($"{Events + 2}");
        }
    }

    [Fact]
    public void End_does_not_wait_for_a_reader_that_takes_nothing_and_counts_what_is_left()
    {
        var output = new BlockedStream();
        var writer = Writer(output, TimeSpan.FromMilliseconds(50));
        for (var i = 0; i < 10; i++) writer.Add(Line(i));
        writer.OnBatch();
        writer.Dispose();
        writer.Lost.ShouldBe(10);
        output.Open();
    }

    [Fact]
    public void Reader_that_has_gone_is_told_to_who_asks()
    {
        var output = new BlockedStream { Failure = new IOException("Broken pipe", 32) };
        output.Open();
        using var writer = Writer(output);
        writer.Add(Line(1));
        writer.Drain();
        Should.Throw<IOException>(writer.ThrowIfFailed).HResult.ShouldBe(32);
        for (var i = 0; i < 10_000; i++) writer.Add(Line(i));
        writer.Drain();
        writer.Lost.ShouldBe(0);
    }

    [Fact]
    public void Event_allocates_nothing()
    {
        var output = new BlockedStream { Keeps = false };
        output.Open();
        using var writer = Writer(output);
        var line = Line(12345);
        for (var i = 0; i < 1000; i++) writer.Add(line);
        writer.Drain();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) writer.Add(line);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(3 * Capacity);
        writer.Drain();
        before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) writer.Add(line);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    static OutputWriter Writer(Stream output, TimeSpan? patience = null) => new(output, lost => Encoding.UTF8.GetBytes($"lost {lost}\n"), Capacity, patience);

    static byte[] Line(int number) => Encoding.UTF8.GetBytes($"{number}\n");

    /// <summary>Takes nothing until it is opened.</summary>
    sealed class BlockedStream : Stream
    {
        readonly ManualResetEventSlim _open = new();
        readonly MemoryStream _written = new();

        public Exception? Failure { get; init; }

        public bool Keeps { get; init; } = true;

        public string Text => Encoding.UTF8.GetString(_written.ToArray());

        public void Open() => _open.Set();

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _open.Wait();
            if (Failure is not null) throw Failure;
            if (Keeps) _written.Write(buffer);
        }

        public override void Flush()
        {
        }

        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
