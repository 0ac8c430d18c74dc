// SPDX-License-Identifier: LGPL-2.1-or-later
//
// From the reset vector to run_guest() in 32-bit code without paging. There is no BIOS: the guest is
// the ROM that the processor starts in, the last 64 KiB below 4 GiB. Its first instructions write
// one letter to QEMU's debug console, by which the host knows when a guest begins to run.

        .set debug_console, 0x402
        .set first_letter, 'S'
        .set code_segment, 8
        .set data_segment, 16
        // Where guest.ld puts this section, as seen in the real mode segment that the processor starts with.
        .set reset_offset, 0xff00

        .section .reset, "ax"
        .code16
reset_begin:
real_mode:
        movb $first_letter, %al
        movw $debug_console, %dx
        outb %al, %dx
        cli
        lgdtl %cs:(reset_offset + gdt_pointer - reset_begin)
        movl %cr0, %eax
        orb $1, %al
        movl %eax, %cr0
        ljmpl $code_segment, $protected_mode

        .code32
protected_mode:
        movw $data_segment, %ax
        movw %ax, %ds
        movw %ax, %es
        movw %ax, %ss
        cld
        movl $image_in_rom, %esi
        movl $image_begin, %edi
        movl $image_words, %ecx
        rep movsl
        // A reset leaves memory as it was.
        xorl %eax, %eax
        movl $bss_begin, %edi
        movl $bss_words, %ecx
        rep stosl
        movl $stack_end, %esp
        movl $run_guest, %eax
        call *%eax

        .balign 8
gdt:
        .quad 0
        .quad 0x00cf9b000000ffff        // all of memory, 32-bit code
        .quad 0x00cf93000000ffff        // all of memory, data
gdt_pointer:
        .word . - gdt - 1
        .long gdt

        .code16
        .org 0xf0, 0
        jmp real_mode
        .org 0x100, 0

        .text
        .code32
        // An interrupt ends a sleep, and means nothing else: what there is to do is in the registers of devices. It comes
        // in no other place, so that its handler returns to whoever slept, with interrupts disabled. An iret would do the
        // same, but KVM has none in protected mode where it has to emulate the processor.
        .globl sleep_until_interrupt, line_interrupt, device_interrupt
        .set interrupt_frame, 12
sleep_until_interrupt:
        sti                             // from the next instruction's end on: no interrupt is lost
        hlt
        jmp sleep_until_interrupt
device_interrupt:
        // Reading the status takes a virtio device's interrupt back (virtio 1.2, 4.1.4.5).
        movl interrupt_status_port, %edx
        inb %dx, %al
        movb $0x20, %al
        outb %al, $0xa0
line_interrupt:
        movb $0x20, %al
        outb %al, $0x20
        addl $interrupt_frame, %esp
        ret

        .section .note.GNU-stack, "", @progbits
