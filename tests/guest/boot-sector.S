// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A guest in one sector, for machines whose KVM runs nothing larger: it reads sectors 1 to 64 of its
// disk through the BIOS, adds up their 32-bit words, writes sector 128, reads it back, and prints
//
//     qsbx-boot: read ok sum=89ABCDEF write ok
//
// on COM1. Then it obeys single letters from COM1: t test again, r reset, p power off.

        .code16
        .set buffer, 0x8000
        .set read_first, 1
        .set read_count, 64
        .set write_sector, 128
        .set com1, 0x3f8

        .globl _start
_start:
        ljmp $0, $1f
1:      xorw %ax, %ax
        movw %ax, %ds
        movw %ax, %es
        movw %ax, %ss
        movw $0x7c00, %sp
        cld
        sti
        movb %dl, boot_disk

test_disk:
        movw $text_begin, %si
        call print
        call sum_sectors
        jc failed
        movw $text_sum, %si
        call print
        call print_hex
        call write_and_compare
        jc failed
        movw $text_write, %si
        jmp report
failed:
        movw $text_failed, %si
report:
        call print

// The timer's interrupt ends every hlt.
wait_for_command:
        hlt
        movw $com1 + 5, %dx
        inb %dx, %al
        testb $1, %al
        jz wait_for_command
        movw $com1, %dx
        inb %dx, %al
        cmpb $'t', %al
        je test_disk
        cmpb $'r', %al
        je reset
        cmpb $'p', %al
        jne wait_for_command
        movw $0x604, %dx                // the ACPI power management block of pc and q35
        movw $0x2000, %ax
        outw %ax, %dx
        jmp wait_for_command
reset:
        movb $0xfe, %al
        outb %al, $0x64
        jmp wait_for_command

// Adds the words of the sectors to be read into %ebx. Carry set when the BIOS fails.
sum_sectors:
        xorl %ebx, %ebx
        movl $read_first, packet_sector
1:      movb $0x42, %ah
        call transfer
        jc 3f
        movw $buffer, %si
        movw $128, %cx
2:      lodsl
        addl %eax, %ebx
        loop 2b
        incl packet_sector
        cmpl $read_first + read_count, packet_sector
        jne 1b
        clc
3:      ret

// Writes the sector that was read last, wipes the buffer, reads and compares. Carry: they differ.
write_and_compare:
        movl $write_sector, packet_sector
        movl %ebx, buffer
        movw $0x4300, %ax
        call transfer
        jc 1f
        movl $0, buffer
        movb $0x42, %ah
        call transfer
        jc 1f
        cmpl %ebx, buffer
        je 1f
        stc
1:      ret

// Moves one sector between the buffer and the disk; %ah is the BIOS function.
transfer:
        movw $1, packet_count
        movw $packet, %si
        movb boot_disk, %dl
        int $0x13
        ret

print:
        lodsb
        testb %al, %al
        jz 1f
        call print_letter
        jmp print
1:      ret

// %ebx as eight digits.
print_hex:
        movw $8, %cx
1:      roll $4, %ebx
        movb %bl, %al
        andb $15, %al
        cmpb $10, %al
        sbbb $0x69, %al                 // with das: 0..15 to '0'..'9', 'A'..'F'
        das
        call print_letter
        loop 1b
        ret

print_letter:
        pushw %ax
        movw $com1 + 5, %dx
1:      inb %dx, %al
        testb $0x20, %al
        jz 1b
        popw %ax
        movw $com1, %dx
        outb %al, %dx
        ret

text_begin:  .asciz "qsbx-boot: read "
text_sum:    .asciz "ok sum="
text_write:  .asciz " write ok\r\n"
text_failed: .asciz " FAILED\r\n"

packet: .byte 16, 0
packet_count:
        .word 1, buffer, 0
packet_sector:
        .long 0, 0
boot_disk:
        .byte 0

        .org 510
        .word 0xaa55
